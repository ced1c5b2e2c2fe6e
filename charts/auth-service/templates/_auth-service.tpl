{{/* Settings that this service has beside the common ones. */}}
{{- define "authdb.auth-service.environment" -}}
LOGIN_LIMIT_PER_MINUTE: {{ .config.loginLimitPerMinute | int64 | quote }}
PASSWORD_MIN_LENGTH: {{ .config.passwordMinLength | int64 | quote }}
{{- with .config.adminEmail }}
ADMIN_EMAIL: {{ . | quote }}
{{- end }}
{{- with .config.publicUrl }}
PUBLIC_URL: {{ . | quote }}
{{- end }}
{{- with .config.mailFrom }}
MAIL_FROM: {{ . | quote }}
{{- end }}
MAIL_LIMIT_PER_HOUR: {{ .config.mailLimitPerHour | int64 | quote }}
AUDIT_RETENTION_DAYS: {{ .config.auditRetentionDays | int64 | quote }}
KEY_PROPAGATION_SECONDS: {{ .config.keyPropagationSeconds | int64 | quote }}
ACCESS_TOKEN_SECONDS: {{ .config.accessTokenSeconds | int64 | quote }}
REFRESH_IDLE_SECONDS: {{ .config.refreshIdleSeconds | int64 | quote }}
REFRESH_ABSOLUTE_SECONDS: {{ .config.refreshAbsoluteSeconds | int64 | quote }}
REFRESH_REUSE_GRACE_SECONDS: {{ .config.refreshReuseGraceSeconds | int64 | quote }}
{{- with .config.taskServiceInternalUrl }}
TASK_SERVICE_INTERNAL_URL: {{ tpl . $.root | quote }}
{{- end }}
SIGNING_KEYS_FILE: /etc/auth-service/signing-keys.json
{{- end }}

{{- define "authdb.auth-service.secretName" -}}
{{- if .Values.secrets.generate -}}
{{- include "authdb.fullname" . -}}
{{- else -}}
{{- include "authdb.existingSecret" (dict "root" . "value" .Values.secrets.existingSecret "path" "secrets.existingSecret" "keys" (printf "signing-keys.json, refresh-token-secret%s" (.Values.config.adminEmail | empty | ternary "" ", admin-password"))) -}}
{{- end -}}
{{- end }}

{{- define "authdb.auth-service.secretEnvironment" -}}
{{ include "authdb.secretVariable" (dict "name" "REFRESH_TOKEN_SECRET" "secret" (include "authdb.auth-service.secretName" .) "key" "refresh-token-secret") }}
{{ include "authdb.secretVariable" (dict "name" "REFRESH_TOKEN_SECRET_ACCEPTED" "secret" (include "authdb.auth-service.secretName" .) "key" "refresh-token-secret-accepted" "optional" true) }}
{{ include "authdb.secretVariable" (dict "name" "SECOND_FACTOR_SECRET" "secret" (include "authdb.auth-service.secretName" .) "key" "second-factor-secret" "optional" true) }}
{{ include "authdb.secretVariable" (dict "name" "SMTP_URL" "secret" (include "authdb.auth-service.secretName" .) "key" "smtp-url" "optional" true) }}
{{- if .Values.config.adminEmail }}
{{ include "authdb.secretVariable" (dict "name" "ADMIN_PASSWORD" "secret" (include "authdb.auth-service.secretName" .) "key" "admin-password") }}
{{- end }}
{{ include "authdb.secretVariable" (dict "name" "MONGODB_URI" "secret" (include "authdb.mongodbSecret" .) "key" .Values.mongodb.uriKey) }}
{{- with .Values.redis.existingSecret }}
{{ include "authdb.secretVariable" (dict "name" "REDIS_URL" "secret" (tpl . $) "key" $.Values.redis.urlKey) }}
{{- end }}
{{- end }}

{{/* What the process reads once, at its start. Signing keys are not among it: it notices when they change. */}}
{{- define "authdb.auth-service.secrets" -}}
- {name: {{ include "authdb.auth-service.secretName" . | quote }}, keys: [refresh-token-secret, refresh-token-secret-accepted, second-factor-secret, smtp-url], isWatched: true}
- {name: {{ include "authdb.mongodbSecret" . | quote }}, keys: [{{ .Values.mongodb.uriKey | quote }}]}
{{- with .Values.redis.existingSecret }}
- {name: {{ tpl . $ | quote }}, keys: [{{ $.Values.redis.urlKey | quote }}]}
{{- end }}
{{- end }}

{{/* The parts of networkPolicy that lead out. */}}
{{- define "authdb.auth-service.destinations" -}}mongodb redis taskService{{- end }}

{{/*
A password hash takes 19 MiB (argon2id as OWASP has it) in each thread at once; beside them stand the process and its heap.
*/}}
{{- define "authdb.auth-service.checks" -}}
{{- $limit := include "authdb.memoryLimit" . -}}
{{- $threads := include "authdb.threads" . | int -}}
{{- $need := add 128 (mul 19 $threads) -}}
{{- if and $limit (gt (float64 $need) (float64 $limit)) -}}
{{- fail (printf "auth-service: %d threads x 19 MiB for a password hash + 128 MiB = %d MiB, more than resources.limits.memory (%v): lower resources.limits.cpu (without it, requests.cpu) or threadPoolSize, or give more memory" $threads $need .Values.resources.limits.memory) -}}
{{- end -}}
{{- end }}

{{/* A folder, not a single file: a rotated key then reaches the running process. */}}
{{- define "authdb.auth-service.volumes" -}}
- name: signing-keys
  secret:
    secretName: {{ include "authdb.auth-service.secretName" . }}
    defaultMode: 0440
    items:
      - {key: signing-keys.json, path: signing-keys.json}
{{- end }}

{{- define "authdb.auth-service.volumeMounts" -}}
- name: signing-keys
  mountPath: /etc/auth-service
  readOnly: true
{{- end }}
