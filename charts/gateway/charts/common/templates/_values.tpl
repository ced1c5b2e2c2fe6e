{{/* What an umbrella chart, or the umbrella's own umbrella, sets for all its parts; it may be missing or null. */}}
{{- define "authdb.global" -}}
{{- default dict .Values.global | toYaml -}}
{{- end }}

{{/* A map of labels or annotations: every value is a string in the API, whatever YAML or --set made of it. */}}
{{- define "authdb.strings" -}}
{{- $lines := list -}}
{{- range $key, $value := . -}}
{{- $lines = append $lines (printf "%s: %s" $key (include "authdb.plain" $value | quote)) -}}
{{- end -}}
{{- join "\n" $lines -}}
{{- end }}

{{/* Whole numbers without an exponent: YAML's are floats here, and 2592000 would become 2.592e+06. */}}
{{- define "authdb.plain" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end }}

{{/* A Kubernetes quantity in its base unit (bytes, CPUs). Arguments: root, value, path for the sentence. */}}
{{- define "authdb.quantity" -}}
{{- $text := toString .value -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $factors := dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if or (not $number) (not (hasKey $factors $unit)) -}}
{{- fail (printf "%s: %s (%s) is no quantity such as 512Mi, 1.5Gi or 500m" .root.Chart.Name .path $text) -}}
{{- end -}}
{{- mulf (float64 $number) (get $factors $unit) -}}
{{- end }}

{{/* MiB of the memory limit; empty where there is none. */}}
{{- define "authdb.memoryLimit" -}}
{{- with dig "limits" "memory" "" .Values.resources -}}
{{- divf (include "authdb.quantity" (dict "root" $ "value" . "path" "resources.limits.memory") | float64) 1048576.0 -}}
{{- end -}}
{{- end }}
