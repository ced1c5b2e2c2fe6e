{{/*
Rules that a schema cannot say because they join several values. Each fails the render with one sentence that names the values.
*/}}
{{- define "common.checks" -}}
{{- include "common.checks.autoscaling" . -}}
{{- include "common.checks.grace" . -}}
{{- include "common.checks.connections" . -}}
{{- include "common.checks.proxies" . -}}
{{- end }}

{{- define "common.checks.autoscaling" -}}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled -}}
{{- fail (printf "%s: autoscaling.enabled and keda.enabled exclude each other: two controllers would fight over the number of pods" .Chart.Name) -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail (printf "%s: autoscaling.minReplicas (%d) is more than autoscaling.maxReplicas (%d)" .Chart.Name (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if not (dig "requests" "cpu" "" .Values.resources) -}}
{{- fail (printf "%s: resources.requests.cpu must be set: CPU utilization is measured against it" .Chart.Name) -}}
{{- end -}}
{{- if and .Values.keda.enabled (not .Values.keda.prometheus.serverAddress) (not .Values.keda.cpuUtilization) -}}
{{- fail (printf "%s: keda.enabled needs keda.prometheus.serverAddress or keda.cpuUtilization: a ScaledObject without a trigger scales nothing" .Chart.Name) -}}
{{- end -}}
{{- end }}

{{/* Seconds from the deletion of a pod to the end of an orderly stop: pre-stop sleep, then draining, then closing. */}}
{{- define "common.stopSeconds" -}}
{{- $config := include "common.config" . | fromYaml -}}
{{- add (int .Values.preStopSleepSeconds) (ceil (divf (float64 $config.drainDelayMs) 1000.0)) (ceil (divf (float64 $config.shutdownTimeoutMs) 1000.0)) -}}
{{- end }}

{{/* Three seconds are left for the process to end after its own limit. */}}
{{- define "common.gracePeriodSeconds" -}}
{{- default (add 3 (include "common.stopSeconds" . | int)) .Values.terminationGracePeriodSeconds | int -}}
{{- end }}

{{- define "common.checks.grace" -}}
{{- $need := include "common.stopSeconds" . | int -}}
{{- if and .Values.terminationGracePeriodSeconds (le (int .Values.terminationGracePeriodSeconds) $need) -}}
{{- fail (printf "%s: terminationGracePeriodSeconds (%d) must be more than preStopSleepSeconds + config.drainDelayMs + config.shutdownTimeoutMs (%d s together): pods would be killed while they finish requests" .Chart.Name (int .Values.terminationGracePeriodSeconds) $need) -}}
{{- end -}}
{{- end }}

{{/*
The most pods that serve at once: the upper bound of whoever scales, and the surge of a rollout. Pods that are still ending hold
their connections for some seconds more; the reserve that the umbrella chart asks for has room for them.
*/}}
{{- define "common.maxPods" -}}
{{- $scaled := or .Values.autoscaling.enabled .Values.keda.enabled -}}
{{- add (ternary (int .Values.autoscaling.maxReplicas) (int .Values.replicaCount) $scaled) (int .Values.maxSurge) -}}
{{- end }}

{{- define "common.checks.connections" -}}
{{- $pods := include "common.maxPods" . | int -}}
{{- $connections := mul $pods (int .Values.mongodb.poolSize) | int -}}
{{- if gt $connections (int .Values.mongodb.connectionBudget) -}}
{{- fail (printf "%s: %d pods (maximum and surge) x mongodb.poolSize %d = %d connections, more than mongodb.connectionBudget (%d)" .Chart.Name $pods (int .Values.mongodb.poolSize) $connections (int .Values.mongodb.connectionBudget)) -}}
{{- end -}}
{{- end }}

{{- define "common.checks.proxies" -}}
{{- $route := include "common.switch" (dict "root" . "name" "httpRoute") | fromYaml -}}
{{- if and $route.enabled .Values.networkPolicy.enabled (not $route.proxies) -}}
{{- fail (printf "%s: httpRoute.proxies is required beside networkPolicy.enabled: the peers that the Gateway's requests come from, which the policy would drop" .Chart.Name) -}}
{{- end -}}
{{- end }}

{{/* Megabytes of the memory limit, which is given in Mi or Gi. */}}
{{- define "common.memoryLimit" -}}
{{- $limit := dig "limits" "memory" "" .Values.resources -}}
{{- if hasSuffix "Gi" $limit }}{{ mul 1024 (trimSuffix "Gi" $limit | int) }}
{{- else if hasSuffix "Mi" $limit }}{{ trimSuffix "Mi" $limit }}
{{- else }}{{ fail (printf "%s: resources.limits.memory (%s) must be given in Mi or Gi" .Chart.Name $limit) }}
{{- end -}}
{{- end }}
