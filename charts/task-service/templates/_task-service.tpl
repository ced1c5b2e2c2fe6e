{{/* Settings that this service has beside the common ones. */}}
{{- define "task-service.environment" -}}
JWKS_URL: {{ tpl .config.jwksUrl .root | quote }}
REVOCATIONS_URL: {{ tpl .config.revocationsUrl .root | quote }}
CACHE_WRITE_THROUGH: {{ .config.cacheWriteThrough | quote }}
{{- end }}

{{- define "task-service.secretEnvironment" -}}
{{ include "common.secretVariable" (dict "name" "MONGODB_URI" "secret" (include "common.existingSecret" (dict "root" . "value" .Values.mongodb.existingSecret "path" "mongodb.existingSecret" "keys" .Values.mongodb.uriKey)) "key" .Values.mongodb.uriKey) }}
{{ include "common.secretVariable" (dict "name" "REDIS_URL" "secret" (include "common.existingSecret" (dict "root" . "value" .Values.redis.existingSecret "path" "redis.existingSecret" "keys" .Values.redis.urlKey)) "key" .Values.redis.urlKey) }}
{{- end }}

{{/* No files of its own. */}}
{{- define "task-service.volumes" -}}{{- end }}
{{- define "task-service.volumeMounts" -}}{{- end }}
