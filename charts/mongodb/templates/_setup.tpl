{{- define "authdb.mongodb.setupSpec" -}}
{{- $users := list -}}
{{- range .Values.users -}}
{{- $users = append $users (dict "name" .name "database" .database "passwordFile" (printf "/users/%s/password" .name)) -}}
{{- end -}}
activeDeadlineSeconds: {{ .Values.setup.timeoutSeconds }}
backoffLimit: 5
# 42: a state that no retry can better, for example data without a configuration.
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes: {containerName: setup, operator: In, values: [42]}
template:
  metadata:
    labels:
      {{- include "authdb.mongodb.setupLabels" . | nindent 6 }}
    annotations:
      checksum/script: {{ .Files.Get "files/setup.js" | sha256sum }}
      authdb/revision: {{ include "authdb.plain" (default "" .Values.auth.revision) | quote }}
      {{- /* A password that was changed in an existing Secret is set by another Job. */}}
      {{- with include "authdb.secretsDigest" (dict "root" . "secrets" (include "authdb.mongodb.userSecrets" . | fromYamlArray)) }}
      checksum/secrets: {{ . }}
      {{- end }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "authdb.fullname" . }}
    automountServiceAccountToken: false
    enableServiceLinks: false
    securityContext:
      {{- include "authdb.podSecurityContext" . | nindent 6 }}
    {{- include "authdb.placement" . | nindent 4 }}
    containers:
      - name: setup
        image: {{ include "authdb.image" . | quote }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        command: [mongosh, --nodb, --quiet, --norc, /files/setup.js]
        securityContext:
          {{- include "authdb.containerSecurityContext" . | nindent 10 }}
        terminationMessagePolicy: FallbackToLogsOnError
        env:
          - {name: HOME, value: /tmp}
          - name: MEMBERS
            value: {{ include "authdb.mongodb.memberList" . | quote }}
          - name: REPLICA_SET
            value: {{ ternary .Values.replicaSet.name "" (eq .Values.architecture "replicaset") | quote }}
          - name: USERS
            value: {{ $users | toJson | quote }}
          - name: ROOT_PASSWORD_FILE
            value: /secret/root-password
          {{- include "authdb.mongodb.passwordIsGenerated" . | nindent 10 }}
          - name: WAIT_SECONDS
            value: {{ sub .Values.setup.timeoutSeconds 30 | quote }}
        resources:
          requests: {cpu: 20m, memory: 96Mi}
          limits: {memory: 256Mi}
        volumeMounts:
          - {name: files, mountPath: /files, readOnly: true}
          - {name: secret, mountPath: /secret, readOnly: true}
          - {name: tmp, mountPath: /tmp}
          {{- range .Values.users }}
          - {name: user-{{ .name }}, mountPath: /users/{{ .name }}, readOnly: true}
          {{- end }}
    volumes:
      - name: files
        configMap: {name: {{ include "authdb.fullname" . }}}
      - name: tmp
        emptyDir: {sizeLimit: 64Mi}
      - name: secret
        secret:
          secretName: {{ include "authdb.mongodb.secretName" . }}
          defaultMode: 0440
          items:
            - {key: root-password, path: root-password}
      {{- range .Values.users }}
      - name: user-{{ .name }}
        secret:
          secretName: {{ include "authdb.mongodb.userSecretName" (dict "root" $ "user" .) }}
          defaultMode: 0440
          items:
            - {key: password, path: password}
      {{- end }}
{{- end }}
