{{/* Pods of `helm test` and of set-up jobs are not the workload: they carry their own component and are selected by no Service. */}}
{{- define "authdb.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
app.kubernetes.io/part-of: authdb
{{- end }}

{{- define "authdb.testAnnotations" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* Before the pods that it is for. */}}
{{- define "authdb.testPolicy" -}}
{{- if .Values.networkPolicy.enabled -}}
{{- include "authdb.helperPolicy" (dict "root" . "name" (printf "%s-test" (include "authdb.fullname" .)) "labels" (include "authdb.testLabels" .)
  "annotations" (printf "%s\nhelm.sh/hook-weight: \"-1\"" (include "authdb.testAnnotations" .))) }}
---
{{- end }}
{{- end }}

{{/*
A pod of `helm test` that runs one script of the chart's folder "files" with the service's own image.
Arguments: root, script (file name), image, pullPolicy, environment (map).
*/}}
{{- define "authdb.nodeTest" -}}
{{- $name := printf "%s-test" (include "authdb.fullname" .root) -}}
{{- include "authdb.testPolicy" .root }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- include "authdb.testLabels" .root | nindent 4 }}
  annotations:
    {{- include "authdb.testAnnotations" .root | nindent 4 }}
    helm.sh/hook-weight: "-1"
data:
  test.mjs: |
    {{- .root.Files.Get (printf "files/%s" .script) | nindent 4 }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ $name }}
  labels:
    {{- include "authdb.testLabels" .root | nindent 4 }}
  annotations:
    {{- include "authdb.testAnnotations" .root | nindent 4 }}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "authdb.podSecurityContext" .root | nindent 4 }}
  {{- include "authdb.placement" .root | nindent 2 }}
  containers:
    - name: test
      image: {{ .image | quote }}
      imagePullPolicy: {{ .pullPolicy }}
      command: [node, --test, --test-reporter=spec, /test/test.mjs]
      securityContext:
        {{- include "authdb.containerSecurityContext" .root | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      env:
        {{- range $key, $value := .environment }}
        - {name: {{ $key }}, value: {{ $value | quote }}}
        {{- end }}
      resources:
        requests: {cpu: 20m, memory: 64Mi}
        limits: {memory: 192Mi}
      volumeMounts:
        - {name: test, mountPath: /test, readOnly: true}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: test
      configMap: {name: {{ $name }}}
    - name: tmp
      emptyDir: {sizeLimit: 16Mi}
{{- end }}
