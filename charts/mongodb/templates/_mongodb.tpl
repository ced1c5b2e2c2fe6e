{{- define "mongodb.isReplicaSet" -}}
{{- if eq .Values.architecture "replicaset" }}true{{ end -}}
{{- end }}

{{- define "mongodb.members" -}}
{{- if include "mongodb.isReplicaSet" . }}{{ .Values.replicaSet.members }}{{ else }}1{{ end -}}
{{- end }}

{{/* Addresses of the members, as clients and the members themselves know them: comma-separated host:port. */}}
{{- define "mongodb.memberList" -}}
{{- $name := include "common.fullname" . -}}
{{- $hosts := list -}}
{{- range $i := until (include "mongodb.members" . | int) -}}
{{- $hosts = append $hosts (printf "%s-%d.%s-headless.%s.svc.%s:27017" $name $i $name $.Release.Namespace $.Values.clusterDomain) -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end }}

{{- define "mongodb.secretName" -}}
{{- if .Values.auth.generate -}}
{{- include "common.fullname" . -}}
{{- else -}}
{{- $keys := ternary "root-password, replica-set-key" "root-password" (eq .Values.architecture "replicaset") -}}
{{- include "common.existingSecret" (dict "root" . "value" .Values.auth.existingSecret "path" "auth.existingSecret" "keys" $keys) -}}
{{- end -}}
{{- end }}

{{/* Secret of one login. Arguments: root, user. */}}
{{- define "mongodb.userSecretName" -}}
{{- if .user.existingSecret -}}
{{- tpl .user.existingSecret .root -}}
{{- else if .root.Values.auth.generate -}}
{{- printf "%s-%s" (include "common.fullname" .root) .user.name -}}
{{- else -}}
{{- fail (printf "mongodb: users[%s].existingSecret is required: the name of a Secret with the key password" .user.name) -}}
{{- end -}}
{{- end }}

{{/* What a service connects with. A single server is addressed through the Service, a replica set by its members. Arguments: root, user, password. */}}
{{- define "mongodb.uri" -}}
{{- $options := printf "authSource=%s" .user.database -}}
{{- $hosts := printf "%s.%s.svc.%s:27017" (include "common.fullname" .root) .root.Release.Namespace .root.Values.clusterDomain -}}
{{- if include "mongodb.isReplicaSet" .root -}}
{{- $hosts = include "mongodb.memberList" .root -}}
{{- $options = printf "%s&replicaSet=%s" $options .root.Values.replicaSet.name -}}
{{- end -}}
mongodb://{{ .user.name }}:{{ .password }}@{{ $hosts }}/{{ .user.database }}?{{ $options }}
{{- end }}

{{/* Set for a single server whose password the release has made: it takes the password over when it starts. */}}
{{- define "mongodb.passwordIsGenerated" -}}
{{- if and .Values.auth.generate (not (include "mongodb.isReplicaSet" .)) -}}
- {name: ROOT_PASSWORD_IS_GENERATED, value: "true"}
{{- end -}}
{{- end }}

{{- define "mongodb.setupLabels" -}}
app.kubernetes.io/name: mongodb-setup
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: setup
app.kubernetes.io/part-of: authdb
{{- end }}
