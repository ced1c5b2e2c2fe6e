{{/*
Three Services: the public one has the public port alone, so that no route can reach the internal port by mistake; the internal
one serves other parts of the release; the headless one names single pods.
*/}}
{{- define "common.services" -}}
{{- include "common.service" (dict "root" . "suffix" "" "component" "public" "ports" (list "http")) }}
---
{{ include "common.service" (dict "root" . "suffix" "-internal" "component" "internal" "ports" (list "internal")) }}
---
{{ include "common.service" (dict "root" . "suffix" "-headless" "component" "headless" "ports" (list "http" "internal")) }}
{{- end }}

{{- define "common.service" -}}
{{- $root := .root -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" $root }}{{ .suffix }}
  labels:
    {{- include "common.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  {{- if and (eq .component "public") $root.Values.service.annotations }}
  annotations:
    {{- toYaml $root.Values.service.annotations | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  {{- if eq .component "headless" }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "common.selectorLabels" $root | nindent 4 }}
  ports:
    {{- range .ports }}
    - name: {{ . }}
      {{- if eq . "http" }}
      port: {{ $root.Values.service.port }}
      appProtocol: http
      {{- else }}
      port: {{ get $root.Values.ports . }}
      {{- end }}
      targetPort: {{ . }}
    {{- end }}
{{- end }}

{{/* Every public path answers bare and under /api/v1. */}}
{{- define "common.paths" -}}
{{- range .Values.routes }}
- {{ . }}
- /api/v1{{ . }}
{{- end }}
{{- if .Values.fallback }}
- /
{{- end }}
{{- end }}

{{- define "common.ingress" -}}
{{- $ingress := include "common.switch" (dict "root" . "name" "ingress") | fromYaml -}}
{{- if $ingress.enabled -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with $ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if $ingress.tlsSecret }}
  tls:
    - secretName: {{ $ingress.tlsSecret }}
      {{- with $ingress.host }}
      hosts: [{{ . | quote }}]
      {{- end }}
  {{- end }}
  rules:
    - {{ with $ingress.host }}host: {{ . | quote }}
      {{ end }}http:
        paths:
          {{- range include "common.paths" . | fromYamlArray }}
          - path: {{ . }}
            pathType: Prefix
            backend:
              service:
                name: {{ include "common.fullname" $ }}
                port:
                  name: http
          {{- end }}
{{- end -}}
{{- end }}

{{- define "common.httpRoute" -}}
{{- $route := include "common.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- if $route.enabled -}}
{{- if not $route.parentRefs -}}
{{- fail (printf "%s: httpRoute.parentRefs is required: the Gateway that serves the route" .Chart.Name) -}}
{{- end -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  parentRefs:
    {{- toYaml $route.parentRefs | nindent 4 }}
  {{- with $route.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        {{- range include "common.paths" . | fromYamlArray }}
        - path:
            type: PathPrefix
            value: {{ . }}
        {{- end }}
      backendRefs:
        - name: {{ include "common.fullname" . }}
          port: {{ .Values.service.port }}
{{- end -}}
{{- end }}

{{/* Peers may hold templates, such as the release's name. */}}
{{- define "common.peers" -}}
{{- range .peers }}
- {{ tpl (toYaml .) $.root | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- define "common.testPeer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ .Release.Name }}
      app.kubernetes.io/component: test
{{- end }}

{{/* Everything is denied but: clients and tests on the public port, named peers on the internal port, DNS and the named destinations. */}}
{{- define "common.networkPolicy" -}}
{{- $route := include "common.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- if .Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- include "common.testPeer" . | nindent 8 }}
        {{- include "common.peers" (dict "root" . "peers" .Values.networkPolicy.clients) | nindent 8 }}
        {{- if $route.enabled }}
        {{- include "common.peers" (dict "root" . "peers" $route.proxies) | nindent 8 }}
        {{- end }}
      ports:
        - {port: http, protocol: TCP}
    - from:
        {{- include "common.testPeer" . | nindent 8 }}
        {{- include "common.peers" (dict "root" . "peers" .Values.networkPolicy.internalClients) | nindent 8 }}
      ports:
        - {port: internal, protocol: TCP}
  egress:
    {{- include "common.dnsEgress" . | nindent 4 }}
    {{- include "common.peers" (dict "root" . "peers" .Values.networkPolicy.egress) | nindent 4 }}
{{- end -}}
{{- end }}

{{- define "common.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}
