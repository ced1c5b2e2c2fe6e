{{/* The name of a secret that must come from outside. Arguments: root, value (may hold a template), path and keys for the sentence. */}}
{{- define "authdb.existingSecret" -}}
{{- $name := tpl (default "" .value) .root -}}
{{- if not $name -}}
{{- fail (printf "%s: %s is required: the name of a Secret with the key%s %s" .root.Chart.Name .path (ternary "s" "" (contains ", " .keys)) .keys) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "authdb.mongodbSecret" -}}
{{- include "authdb.existingSecret" (dict "root" . "value" .Values.mongodb.existingSecret "path" "mongodb.existingSecret" "keys" .Values.mongodb.uriKey) -}}
{{- end }}

{{- define "authdb.redisSecret" -}}
{{- include "authdb.existingSecret" (dict "root" . "value" .Values.redis.existingSecret "path" "redis.existingSecret" "keys" .Values.redis.urlKey) -}}
{{- end }}

{{/* One environment variable out of a secret. Arguments: name, secret, key, optional. */}}
{{- define "authdb.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end }}

{{/*
A digest of what these Secrets hold in the cluster, so that an upgrade restarts what read their former content. Secrets of this
release are left out: they are made once, and not there yet when the first installation is rendered, so that the next upgrade
would restart everything. Arguments: root, secrets (list of name and keys).
*/}}
{{- define "authdb.secretsDigest" -}}
{{- $root := .root -}}
{{- $held := list -}}
{{- range .secrets -}}
{{- $keys := .keys -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace .name -}}
{{- if and $secret (ne (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $secret) $root.Release.Name) -}}
{{- range $key, $value := $secret.data -}}
{{- if has $key $keys }}{{ $held = append $held (printf "%s=%s" $key $value) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $held -}}{{ join "\n" $held | sha256sum }}{{- end -}}
{{- end }}

{{/* Annotations of pods that restart them when a Secret has changed. Arguments: root, secrets. */}}
{{- define "authdb.secretAnnotations" -}}
{{- with include "authdb.secretsDigest" . }}
checksum/secrets: {{ . }}
{{- end }}
{{- $global := include "authdb.global" .root | fromYaml }}
{{- with default $global.secretsRevision .root.Values.secretsRevision }}
authdb/secrets-revision: {{ include "authdb.plain" . | quote }}
{{- end }}
{{- end }}

{{/*
For Stakater's Reloader, where it runs: it restarts the workload as soon as one of these changes. It knows Secrets, not keys in
them, so that one which also holds what the process reloads by itself is marked with `isWatched` and left out. Arguments: secrets.
*/}}
{{- define "authdb.reloaderAnnotation" -}}
{{- $names := list -}}
{{- range .secrets }}{{ if not .isWatched }}{{ $names = append $names .name }}{{ end }}{{ end -}}
secret.reloader.stakater.com/reload: {{ $names | uniq | join "," | quote }}
{{- end }}
