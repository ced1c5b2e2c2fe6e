{{/* The values of a part that is installed; empty for one that is not, whose defaults are then unknown here. */}}
{{- define "authdb.part" -}}
{{- if get .root.Values.components .component -}}{{ get .root.Values .chart | toYaml }}{{- else -}}{}{{- end -}}
{{- end }}

{{/* Whether any part is installed. The library chart comes with the parts: without one, none of its templates is there. */}}
{{- define "authdb.isAnythingInstalled" -}}
{{- if or .Values.components.authService .Values.components.taskService .Values.components.gateway .Values.components.mongodb .Values.components.redis }}true{{ end -}}
{{- end }}
