{{/* Settings that this service has beside the common ones. */}}
{{- define "auth-service.environment" -}}
LOGIN_LIMIT_PER_MINUTE: {{ .config.loginLimitPerMinute | int64 | quote }}
PASSWORD_MIN_LENGTH: {{ .config.passwordMinLength | int64 | quote }}
{{- with .config.adminEmail }}
ADMIN_EMAIL: {{ . | quote }}
{{- end }}
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

{{- define "auth-service.secretName" -}}
{{- if .Values.secrets.generate -}}
{{- include "common.fullname" . -}}
{{- else -}}
{{- include "common.existingSecret" (dict "root" . "value" .Values.secrets.existingSecret "path" "secrets.existingSecret" "keys" "signing-keys.json, refresh-token-secret") -}}
{{- end -}}
{{- end }}

{{- define "auth-service.secretEnvironment" -}}
{{ include "common.secretVariable" (dict "name" "REFRESH_TOKEN_SECRET" "secret" (include "auth-service.secretName" .) "key" "refresh-token-secret") }}
{{ include "common.secretVariable" (dict "name" "MONGODB_URI" "secret" (include "common.existingSecret" (dict "root" . "value" .Values.mongodb.existingSecret "path" "mongodb.existingSecret" "keys" .Values.mongodb.uriKey)) "key" .Values.mongodb.uriKey) }}
{{- with .Values.redis.existingSecret }}
{{ include "common.secretVariable" (dict "name" "REDIS_URL" "secret" (tpl . $) "key" $.Values.redis.urlKey) }}
{{- end }}
{{- end }}

{{/* A folder, not a single file: a rotated key then reaches the running process. */}}
{{- define "auth-service.volumes" -}}
- name: signing-keys
  secret:
    secretName: {{ include "auth-service.secretName" . }}
    defaultMode: 0440
    items:
      - {key: signing-keys.json, path: signing-keys.json}
{{- end }}

{{- define "auth-service.volumeMounts" -}}
- name: signing-keys
  mountPath: /etc/auth-service
  readOnly: true
{{- end }}
