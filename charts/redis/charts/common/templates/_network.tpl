{{/*
Three Services: the public one has the public port alone, so that no route can reach the internal port by mistake; the internal
one serves other parts of the release; the headless one names single pods. Without an internal port the first is enough.
*/}}
{{- define "authdb.services" -}}
{{- include "authdb.service" (dict "root" . "suffix" "" "component" "public" "ports" (list "http")) }}
{{- if .Values.ports.internal }}
---
{{ include "authdb.service" (dict "root" . "suffix" "-internal" "component" "internal" "ports" (list "internal")) }}
---
{{ include "authdb.service" (dict "root" . "suffix" "-headless" "component" "headless" "ports" (list "http" "internal")) }}
{{- end }}
{{- end }}

{{- define "authdb.service" -}}
{{- $root := .root -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "authdb.fullname" $root }}{{ .suffix }}
  labels:
    {{- include "authdb.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  {{- if and (eq .component "public") $root.Values.service.annotations }}
  annotations:
    {{- include "authdb.strings" $root.Values.service.annotations | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  {{- if eq .component "headless" }}
  clusterIP: None
  {{- end }}
  {{- with $root.Values.service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- if and (ne .component "headless") $root.Values.service.trafficDistribution }}
  trafficDistribution: {{ $root.Values.service.trafficDistribution }}
  {{- end }}
  selector:
    {{- include "authdb.selectorLabels" $root | nindent 4 }}
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

{{/*
Every public path answers bare and under /api/v1. A path with a dot is one document: it is named in full, since ingress-nginx
1.12.0 to 1.12.5 refuses dots in prefixes and in paths of the type Exact.
*/}}
{{- define "authdb.paths" -}}
{{- range $route := .Values.routes }}
{{- range $path := list $route (printf "/api/v1%s" $route) }}
- path: {{ $path }}
  isDocument: {{ contains "." $path }}
{{- end }}
{{- end }}
{{- if .Values.fallback }}
- path: /
  isDocument: false
{{- end }}
{{- end }}

{{- define "authdb.hosts" -}}
{{- prepend (default list .hosts) .host | compact | uniq | toYaml -}}
{{- end }}

{{- define "authdb.ingress" -}}
{{- $ingress := include "authdb.switch" (dict "root" . "name" "ingress") | fromYaml -}}
{{- if $ingress.enabled -}}
{{- $hosts := include "authdb.hosts" $ingress | fromYamlArray -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
  {{- with $ingress.annotations }}
  annotations:
    {{- include "authdb.strings" . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if $ingress.tlsSecret }}
  tls:
    - secretName: {{ $ingress.tlsSecret }}
      {{- with $hosts }}
      hosts: {{ toJson . }}
      {{- end }}
  {{- end }}
  rules:
    {{- range default (list "") $hosts }}
    - {{ with . }}host: {{ . | quote }}
      {{ end }}http:
        paths:
          {{- range include "authdb.paths" $ | fromYamlArray }}
          - path: {{ .path }}
            pathType: {{ ternary "ImplementationSpecific" "Prefix" .isDocument }}
            backend:
              service:
                name: {{ include "authdb.fullname" $ }}
                port:
                  name: http
          {{- end }}
    {{- end }}
{{- end -}}
{{- end }}

{{/*
One Certificate for all hosts, of cert-manager. An annotation on the Ingress would do for one Ingress; on two with the same
Secret it makes two Certificates that fight over it. Arguments: root, ingress.
*/}}
{{- define "authdb.certificate" -}}
{{- $issuer := default dict .ingress.certificate -}}
{{- if and .ingress.enabled $issuer.issuer -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ .ingress.tlsSecret }}
  labels:
    {{- include "authdb.labels" .root | nindent 4 }}
spec:
  secretName: {{ .ingress.tlsSecret }}
  dnsNames:
    {{- include "authdb.hosts" .ingress | nindent 4 }}
  issuerRef:
    name: {{ $issuer.issuer }}
    kind: {{ default "ClusterIssuer" $issuer.kind }}
    group: cert-manager.io
{{- end -}}
{{- end }}

{{/* A rule holds 8 matches at most in CRDs before Gateway API 1.1, and 16 rules a route. */}}
{{- define "authdb.httpRoute" -}}
{{- $route := include "authdb.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- if $route.enabled -}}
{{- if not $route.parentRefs -}}
{{- fail (printf "%s: httpRoute.parentRefs is required: the Gateway that serves the route" .Chart.Name) -}}
{{- end -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
spec:
  parentRefs:
    {{- toYaml $route.parentRefs | nindent 4 }}
  {{- with $route.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range include "authdb.paths" . | fromYamlArray | chunk 8 }}
    - matches:
        {{- range . }}
        - path:
            type: {{ ternary "Exact" "PathPrefix" .isDocument }}
            value: {{ .path }}
        {{- end }}
      backendRefs:
        - name: {{ include "authdb.fullname" $ }}
          port: {{ $.Values.service.port }}
      {{- with $route.timeouts }}
      timeouts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end -}}
{{- end }}

{{/* Peers may hold templates, such as the release's name. */}}
{{- define "authdb.peers" -}}
{{- range .peers }}
- {{ tpl (toYaml .) $.root | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- define "authdb.testPeer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ .Release.Name }}
      app.kubernetes.io/component: test
{{- end }}

{{/* The gateway of the release, where there is one. */}}
{{- define "authdb.gatewayPeer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: gateway
      app.kubernetes.io/instance: {{ default .Release.Name .Values.networkPolicy.releases.gateway }}
{{- end }}

{{/* Where the requests of an Ingress come from; for the class nginx the namespace of its controller's own chart, unless others are named. */}}
{{- define "authdb.ingressProxies" -}}
{{- $ingress := include "authdb.switch" (dict "root" . "name" "ingress") | fromYaml -}}
{{- if $ingress.proxies -}}
{{- toYaml $ingress.proxies -}}
{{- else if eq (default "" $ingress.className) "nginx" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: ingress-nginx
{{- end -}}
{{- end }}

{{/* Everything is denied but: clients and tests on the public port, named peers on the internal port, DNS and the named destinations. */}}
{{- define "authdb.networkPolicy" -}}
{{- $route := include "authdb.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- $ingress := include "authdb.switch" (dict "root" . "name" "ingress") | fromYaml -}}
{{- if .Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "authdb.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- include "authdb.testPeer" . | nindent 8 }}
        {{- if .Values.ports.internal }}
        {{- include "authdb.gatewayPeer" . | nindent 8 }}
        {{- end }}
        {{- include "authdb.peers" (dict "root" . "peers" .Values.networkPolicy.clients) | nindent 8 }}
        {{- if $ingress.enabled }}
        {{- include "authdb.peers" (dict "root" . "peers" (include "authdb.ingressProxies" . | fromYamlArray)) | nindent 8 }}
        {{- end }}
        {{- if $route.enabled }}
        {{- include "authdb.peers" (dict "root" . "peers" $route.proxies) | nindent 8 }}
        {{- end }}
      ports:
        - {port: http, protocol: TCP}
    {{- if .Values.ports.internal }}
    - from:
        {{- include "authdb.testPeer" . | nindent 8 }}
        {{- include "authdb.peers" (dict "root" . "peers" .Values.networkPolicy.internalClients) | nindent 8 }}
      ports:
        - {port: internal, protocol: TCP}
    {{- end }}
  egress:
    {{- include "authdb.dnsEgress" . | nindent 4 }}
    {{- range $destination := include (printf "authdb.%s.destinations" .Chart.Name) . | splitList " " }}
    {{- include "authdb.egressTo" (dict "root" $ "destination" (get $.Values.networkPolicy $destination)) | nindent 4 }}
    {{- end }}
    {{- include "authdb.peers" (dict "root" . "peers" .Values.networkPolicy.egress) | nindent 4 }}
{{- end -}}
{{- end }}

{{/* A rule without peers would mean everybody: where nobody is named, there is no rule. Arguments: root, destination (to, ports). */}}
{{- define "authdb.egressTo" -}}
{{- with .destination.to }}
- to:
    {{- include "authdb.peers" (dict "root" $.root "peers" .) | nindent 4 }}
  ports:
    {{- range $.destination.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}

{{- define "authdb.dnsEgress" -}}
{{- with .Values.networkPolicy.dns }}
- to:
    {{- toYaml . | nindent 4 }}
  ports:
    {{- range $.Values.networkPolicy.dnsPorts }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}

{{/*
For pods beside the workload (tests, Jobs), where the namespace denies everything: DNS and the parts of this release, and nobody
calls them. Arguments: root, name, labels, annotations (both as text).
*/}}
{{- define "authdb.helperPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels:
    {{- .labels | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- .labels | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "authdb.dnsEgress" .root | nindent 4 }}
    - to:
        - podSelector:
            matchLabels:
              app.kubernetes.io/instance: {{ .root.Release.Name }}
              app.kubernetes.io/part-of: authdb
{{- end }}
