{{- define "authdb.mongodb.backupLabels" -}}
app.kubernetes.io/name: mongodb-backup
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: backup
app.kubernetes.io/part-of: authdb
{{- end }}

{{- define "authdb.mongodb.backupClaim" -}}
{{- default (printf "%s-backup" (include "authdb.fullname" .)) .Values.backup.persistence.existingClaim -}}
{{- end }}

{{/* Where root logs in, without the password. */}}
{{- define "authdb.mongodb.rootUri" -}}
{{- $set := ternary (printf "&replicaSet=%s&readPreference=secondaryPreferred" .Values.replicaSet.name) "" (eq .Values.architecture "replicaset") -}}
mongodb://root@{{ include "authdb.mongodb.memberList" . }}/?authSource=admin{{ $set }}
{{- end }}

{{- define "authdb.mongodb.databases" -}}
{{- $names := list -}}
{{- range .Values.users }}{{ $names = append $names .database }}{{ end -}}
{{- if not $names -}}
{{- fail "mongodb: a backup dumps the databases of `users`, and there are none" -}}
{{- end -}}
{{- $names | uniq | sortAlpha | join " " -}}
{{- end }}

{{/* A container that runs one of the scripts. Arguments: root, name, script, environment (map). */}}
{{- define "authdb.mongodb.backupContainer" -}}
{{- $root := .root -}}
- name: {{ .name }}
  image: {{ default (include "authdb.image" $root) $root.Values.backup.image | quote }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  command: [bash, /files/{{ .script }}]
  securityContext:
    {{- include "authdb.containerSecurityContext" $root | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  env:
    - {name: HOME, value: /tmp}
    - {name: URI, value: {{ include "authdb.mongodb.rootUri" $root | quote }}}
    - {name: DATABASES, value: {{ include "authdb.mongodb.databases" $root | quote }}}
    {{- range $name, $value := .environment }}
    - {name: {{ $name }}, value: {{ $value | quote }}}
    {{- end }}
  resources:
    {{- toYaml $root.Values.backup.resources | nindent 4 }}
  volumeMounts:
    - {name: files, mountPath: /files, readOnly: true}
    - {name: secret, mountPath: /secret, readOnly: true}
    - {name: backup, mountPath: /backup}
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* The newest folder goes to a bucket; what is there already is left alone. */}}
{{- define "authdb.mongodb.uploadContainer" -}}
- name: upload
  image: {{ .Values.backup.s3.image | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, -c, 'newest=$(ls -d /backup/2*Z | sort | tail -n 1); exec aws s3 cp --only-show-errors --recursive "$newest" "$TARGET/${newest##*/}"']
  securityContext:
    {{- include "authdb.containerSecurityContext" . | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  env:
    - {name: HOME, value: /tmp}
    - {name: TARGET, value: {{ trimSuffix "/" .Values.backup.s3.address | quote }}}
    {{- with .Values.backup.s3.endpoint }}
    - {name: AWS_ENDPOINT_URL, value: {{ . | quote }}}
    {{- end }}
    {{- with .Values.backup.s3.region }}
    - {name: AWS_REGION, value: {{ . | quote }}}
    {{- end }}
    {{- with .Values.backup.s3.existingSecret }}
    {{- include "authdb.secretVariable" (dict "name" "AWS_ACCESS_KEY_ID" "secret" (tpl . $) "key" "access-key-id") | nindent 4 }}
    {{- include "authdb.secretVariable" (dict "name" "AWS_SECRET_ACCESS_KEY" "secret" (tpl . $) "key" "secret-access-key") | nindent 4 }}
    {{- end }}
  resources:
    {{- toYaml .Values.backup.resources | nindent 4 }}
  volumeMounts:
    - {name: backup, mountPath: /backup, readOnly: true}
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Arguments: root, containers (text), initContainers (text). */}}
{{- define "authdb.mongodb.backupPod" -}}
metadata:
  labels:
    {{- include "authdb.mongodb.backupLabels" .root | nindent 4 }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "authdb.fullname" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "authdb.podSecurityContext" .root | nindent 4 }}
  {{- include "authdb.placement" .root | nindent 2 }}
  {{- with .initContainers }}
  initContainers:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    {{- .containers | nindent 4 }}
  volumes:
    - name: files
      configMap: {name: {{ include "authdb.fullname" .root }}}
    - name: secret
      secret:
        secretName: {{ include "authdb.mongodb.secretName" .root }}
        defaultMode: 0440
        items:
          - {key: root-password, path: root-password}
    - name: backup
      persistentVolumeClaim: {claimName: {{ include "authdb.mongodb.backupClaim" .root }}}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
{{- end }}
