{{- define "authdb.redis.secretName" -}}
{{- if .Values.auth.generate -}}
{{- include "authdb.fullname" . -}}
{{- else -}}
{{- include "authdb.existingSecret" (dict "root" . "value" .Values.auth.existingSecret "path" "auth.existingSecret" "keys" "password, url") -}}
{{- end -}}
{{- end }}

{{/* The server needs room beside its data: buffers, fragmentation. Beyond the limit the kernel kills it. */}}
{{- define "authdb.redis.checks" -}}
{{- $limit := include "authdb.memoryLimit" . -}}
{{- $data := trimSuffix "mb" .Values.maxmemory | float64 -}}
{{- if and $limit (gt (mulf 4.0 $data) (mulf 3.0 (float64 $limit))) -}}
{{- fail (printf "redis: maxmemory (%s) must stay below three quarters of resources.limits.memory (%v)" .Values.maxmemory .Values.resources.limits.memory) -}}
{{- end -}}
{{- end }}

{{/* What the server reads at its start. */}}
{{- define "authdb.redis.secrets" -}}
- {name: {{ include "authdb.redis.secretName" . | quote }}, keys: [password]}
{{- end }}

{{/* What the server reads at its start. */}}
{{- define "authdb.redis.files" -}}
redis.conf: |
  bind * -::*
  port 6379
  protected-mode yes
  dir /tmp
  # A cache: nothing is written to disk, and a restart starts empty.
  save ""
  appendonly no
  maxmemory {{ .Values.maxmemory }}
  maxmemory-policy {{ .Values.maxmemoryPolicy }}
  maxclients {{ .Values.maxClients | int64 }}
  {{- with .Values.extraConfig }}
  {{- . | nindent 2 }}
  {{- end }}
{{ (.Files.Glob "files/*.sh").AsConfig }}
{{- end }}
