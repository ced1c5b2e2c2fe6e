{{/*
Rules that a schema cannot say because they join several values. Each fails the render with one sentence that names the values.
*/}}
{{- define "authdb.checks" -}}
{{- include "authdb.checks.autoscaling" . -}}
{{- include "authdb.checks.grace" . -}}
{{- include "authdb.checks.connections" . -}}
{{- include "authdb.checks.proxies" . -}}
{{- include "authdb.checks.certificate" . -}}
{{- include (printf "authdb.%s.checks" .Chart.Name) . -}}
{{- end }}

{{- define "authdb.checks.autoscaling" -}}
{{- $keda := default dict .Values.keda -}}
{{- if and .Values.autoscaling.enabled $keda.enabled -}}
{{- fail (printf "%s: autoscaling.enabled and keda.enabled exclude each other: two controllers would fight over the number of pods" .Chart.Name) -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail (printf "%s: autoscaling.minReplicas (%d) is more than autoscaling.maxReplicas (%d)" .Chart.Name (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if not (dig "requests" "cpu" "" .Values.resources) -}}
{{- fail (printf "%s: resources.requests.cpu must be set: CPU utilization is measured against it" .Chart.Name) -}}
{{- end -}}
{{- if and $keda.enabled (not $keda.prometheus.serverAddress) (not $keda.cpuUtilization) -}}
{{- fail (printf "%s: keda.enabled needs keda.prometheus.serverAddress or keda.cpuUtilization: a ScaledObject without a trigger scales nothing" .Chart.Name) -}}
{{- end -}}
{{- end }}

{{/* Seconds from the deletion of a pod to the end of an orderly stop: pre-stop sleep, then draining, then closing. */}}
{{- define "authdb.stopSeconds" -}}
{{- $config := include "authdb.config" . | fromYaml -}}
{{- add (int .Values.preStopSleepSeconds) (ceil (divf (float64 (default 0 $config.drainDelayMs)) 1000.0)) (ceil (divf (float64 $config.shutdownTimeoutMs) 1000.0)) -}}
{{- end }}

{{/* Three seconds are left for the process to end after its own limit. */}}
{{- define "authdb.gracePeriodSeconds" -}}
{{- default (add 3 (include "authdb.stopSeconds" . | int)) .Values.terminationGracePeriodSeconds | int -}}
{{- end }}

{{- define "authdb.checks.grace" -}}
{{- $need := include "authdb.stopSeconds" . | int -}}
{{- if and .Values.terminationGracePeriodSeconds (le (int .Values.terminationGracePeriodSeconds) $need) -}}
{{- fail (printf "%s: terminationGracePeriodSeconds (%d) must be more than preStopSleepSeconds + config.drainDelayMs + config.shutdownTimeoutMs (%d s together): pods would be killed while they finish requests" .Chart.Name (int .Values.terminationGracePeriodSeconds) $need) -}}
{{- end -}}
{{- end }}

{{/*
The most pods that serve at once: the upper bound of whoever scales, and the surge of a rollout. Pods that are still ending hold
their connections for some seconds more; the reserve that the umbrella chart asks for has room for them.
*/}}
{{- define "authdb.maxPods" -}}
{{- $scaled := not (empty (include "authdb.isScaled" .)) -}}
{{- add (ternary (int .Values.autoscaling.maxReplicas) (int .Values.replicaCount) $scaled) (int .Values.maxSurge) -}}
{{- end }}

{{- define "authdb.checks.connections" -}}
{{- if .Values.mongodb -}}
{{- $pods := include "authdb.maxPods" . | int -}}
{{- $connections := mul $pods (int .Values.mongodb.poolSize) | int -}}
{{- if gt $connections (int .Values.mongodb.connectionBudget) -}}
{{- fail (printf "%s: %d pods (maximum and surge) x mongodb.poolSize %d = %d connections, more than mongodb.connectionBudget (%d)" .Chart.Name $pods (int .Values.mongodb.poolSize) $connections (int .Values.mongodb.connectionBudget)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A proxy that the policy does not name gets no answer from the pods, and its clients a 504 without a word of why. */}}
{{- define "authdb.checks.proxies" -}}
{{- $route := include "authdb.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- if and $route.enabled .Values.networkPolicy.enabled (not $route.proxies) -}}
{{- fail (printf "%s: httpRoute.proxies is required beside networkPolicy.enabled: the peers that the Gateway's requests come from, which the policy would drop" .Chart.Name) -}}
{{- end -}}
{{- $ingress := include "authdb.switch" (dict "root" . "name" "ingress") | fromYaml -}}
{{- if and $ingress.enabled .Values.networkPolicy.enabled (not (include "authdb.ingressProxies" . | fromYamlArray)) -}}
{{- fail (printf "%s: ingress.proxies is required beside networkPolicy.enabled with the class %q: the peers that the controller's requests come from, which the policy would drop (known is only the namespace of ingress-nginx, for the class nginx)" .Chart.Name (default "" $ingress.className)) -}}
{{- end -}}
{{- end }}

{{/* A certificate is asked for by the chart whose value says so: its Secret and the names in it must be known there. */}}
{{- define "authdb.checks.certificate" -}}
{{- if and .Values.ingress.enabled .Values.ingress.certificate.issuer (not .Values.ingress.tlsSecret) -}}
{{- fail (printf "%s: ingress.certificate.issuer needs ingress.tlsSecret, the Secret that the certificate is put into" .Chart.Name) -}}
{{- end -}}
{{- end }}
