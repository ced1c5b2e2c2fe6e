{{/*
A pod of `helm test` that runs one script of the chart's folder "files" with the service's own image.
Arguments: root, script (file name), environment (map).
*/}}
{{- define "common.nodeTest" -}}
{{- $name := printf "%s-test" (include "common.fullname" .root) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- include "common.testLabels" .root | nindent 4 }}
  annotations:
    {{- include "common.testAnnotations" .root | nindent 4 }}
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
    {{- include "common.testLabels" .root | nindent 4 }}
  annotations:
    {{- include "common.testAnnotations" .root | nindent 4 }}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "common.podSecurityContext" 1000 | nindent 4 }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: test
      image: {{ .image | quote }}
      imagePullPolicy: {{ .pullPolicy }}
      command: [node, --test, --test-reporter=spec, /test/test.mjs]
      securityContext:
        {{- include "common.containerSecurityContext" .root | nindent 8 }}
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
