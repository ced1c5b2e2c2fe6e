{{/* Settings that this service has beside the common ones. */}}
{{- define "authdb.task-service.environment" -}}
JWKS_URL: {{ tpl .config.jwksUrl .root | quote }}
REVOCATIONS_URL: {{ tpl .config.revocationsUrl .root | quote }}
MAX_EVENT_STREAMS: {{ .config.maxEventStreams | int64 | quote }}
MAX_TASKS_PER_OWNER: {{ .config.maxTasksPerOwner | int64 | quote }}
DELETED_TASKS_DAYS: {{ .config.deletedTasksDays | int64 | quote }}
CACHE_WRITE_THROUGH: {{ .config.cacheWriteThrough | quote }}
{{- end }}

{{- define "authdb.task-service.secretEnvironment" -}}
{{ include "authdb.secretVariable" (dict "name" "MONGODB_URI" "secret" (include "authdb.mongodbSecret" .) "key" .Values.mongodb.uriKey) }}
{{ include "authdb.secretVariable" (dict "name" "REDIS_URL" "secret" (include "authdb.redisSecret" .) "key" .Values.redis.urlKey) }}
{{- end }}

{{/* What the process reads once, at its start. */}}
{{- define "authdb.task-service.secrets" -}}
- {name: {{ include "authdb.mongodbSecret" . | quote }}, keys: [{{ .Values.mongodb.uriKey | quote }}]}
- {name: {{ include "authdb.redisSecret" . | quote }}, keys: [{{ .Values.redis.urlKey | quote }}]}
{{- end }}

{{/* The parts of networkPolicy that lead out. */}}
{{- define "authdb.task-service.destinations" -}}mongodb redis authService{{- end }}

{{/* None but the common ones. */}}
{{- define "authdb.task-service.checks" -}}{{- end }}

{{/* No files of its own. */}}
{{- define "authdb.task-service.volumes" -}}{{- end }}
{{- define "authdb.task-service.volumeMounts" -}}{{- end }}
