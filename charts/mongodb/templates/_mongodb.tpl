{{- define "authdb.mongodb.isReplicaSet" -}}
{{- if eq .Values.architecture "replicaset" }}true{{ end -}}
{{- end }}

{{- define "authdb.mongodb.members" -}}
{{- if include "authdb.mongodb.isReplicaSet" . }}{{ .Values.replicaSet.members }}{{ else }}1{{ end -}}
{{- end }}

{{/* Addresses of the members, as clients and the members themselves know them: comma-separated host:port. */}}
{{- define "authdb.mongodb.memberList" -}}
{{- $name := include "authdb.fullname" . -}}
{{- $hosts := list -}}
{{- range $i := until (include "authdb.mongodb.members" . | int) -}}
{{- $hosts = append $hosts (printf "%s-%d.%s-headless.%s.svc.%s:27017" $name $i $name $.Release.Namespace $.Values.clusterDomain) -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end }}

{{- define "authdb.mongodb.secretName" -}}
{{- if .Values.auth.generate -}}
{{- include "authdb.fullname" . -}}
{{- else -}}
{{- $keys := ternary "root-password, replica-set-key" "root-password" (eq .Values.architecture "replicaset") -}}
{{- include "authdb.existingSecret" (dict "root" . "value" .Values.auth.existingSecret "path" "auth.existingSecret" "keys" $keys) -}}
{{- end -}}
{{- end }}

{{/* Secret of one login. Arguments: root, user. */}}
{{- define "authdb.mongodb.userSecretName" -}}
{{- if .user.existingSecret -}}
{{- tpl .user.existingSecret .root -}}
{{- else if .root.Values.auth.generate -}}
{{- printf "%s-%s" (include "authdb.fullname" .root) .user.name -}}
{{- else -}}
{{- fail (printf "mongodb: users[%s].existingSecret is required: the name of a Secret with the key password" .user.name) -}}
{{- end -}}
{{- end }}

{{- define "authdb.mongodb.userSecrets" -}}
{{- range .Values.users }}
- {name: {{ include "authdb.mongodb.userSecretName" (dict "root" $ "user" .) | quote }}, keys: [password]}
{{- end }}
{{- end }}

{{/* What a service connects with. A single server is addressed through the Service, a replica set by its members. Arguments: root, user, password. */}}
{{- define "authdb.mongodb.uri" -}}
{{- $options := printf "authSource=%s" .user.database -}}
{{- $hosts := printf "%s.%s.svc.%s:27017" (include "authdb.fullname" .root) .root.Release.Namespace .root.Values.clusterDomain -}}
{{- if include "authdb.mongodb.isReplicaSet" .root -}}
{{- $hosts = include "authdb.mongodb.memberList" .root -}}
{{- $options = printf "%s&replicaSet=%s" $options .root.Values.replicaSet.name -}}
{{- end -}}
mongodb://{{ .user.name }}:{{ .password }}@{{ $hosts }}/{{ .user.database }}?{{ $options }}
{{- end }}

{{/* Set for a single server whose password the release has made: it takes the password over when it starts. */}}
{{- define "authdb.mongodb.passwordIsGenerated" -}}
{{- if and .Values.auth.generate (not (include "authdb.mongodb.isReplicaSet" .)) -}}
- {name: ROOT_PASSWORD_IS_GENERATED, value: "true"}
{{- end -}}
{{- end }}

{{- define "authdb.mongodb.setupLabels" -}}
app.kubernetes.io/name: mongodb-setup
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: setup
app.kubernetes.io/part-of: authdb
{{- end }}
