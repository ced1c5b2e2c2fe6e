{{/* Settings that the gateway has beside the common ones. */}}
{{- define "authdb.gateway.environment" -}}
{{- $ofPods := eq .root.Values.balancing.by "pods" -}}
AUTH_UPSTREAMS: {{ include "authdb.gateway.upstream" (dict "root" .root "upstream" .root.Values.upstreams.authService "ofPods" $ofPods) | quote }}
TASK_UPSTREAMS: {{ include "authdb.gateway.upstream" (dict "root" .root "upstream" .root.Values.upstreams.taskService "ofPods" $ofPods) | quote }}
DISCOVERY: {{ ternary "dns" "none" $ofPods }}
BALANCING: {{ .root.Values.balancing.rule }}
UPSTREAM_TIMEOUT_MS: {{ .config.upstreamTimeoutMs | int64 | quote }}
{{- end }}

{{/* The headless Service has an address for each ready pod, on the port of its container. */}}
{{- define "authdb.gateway.upstream" -}}
{{- $service := tpl .upstream.service .root -}}
{{- if .ofPods -}}
http://{{ $service }}-headless:{{ .upstream.podPort }}
{{- else -}}
http://{{ $service }}:{{ .upstream.port }}
{{- end -}}
{{- end }}

{{/* It holds no secret, and has no files of its own. */}}
{{- define "authdb.gateway.secretEnvironment" -}}{{- end }}
{{- define "authdb.gateway.secrets" -}}[]{{- end }}
{{- define "authdb.gateway.volumes" -}}{{- end }}
{{- define "authdb.gateway.volumeMounts" -}}{{- end }}

{{/* The parts of networkPolicy that lead out. */}}
{{- define "authdb.gateway.destinations" -}}authService taskService{{- end }}

{{/* None but the common ones. */}}
{{- define "authdb.gateway.checks" -}}{{- end }}
