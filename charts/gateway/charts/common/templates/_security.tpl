{{/*
Both contexts satisfy the Pod Security Standard "restricted". Their values may be set otherwise, or to null where the cluster
chooses users itself, as OpenShift does. The second is read-only but where a chart offers readOnlyRootFilesystem, which file sync needs off.
*/}}
{{- define "authdb.podSecurityContext" -}}
{{- toYaml (default dict .Values.podSecurityContext) -}}
{{- end }}

{{- define "authdb.containerSecurityContext" -}}
{{- $context := deepCopy (default dict .Values.containerSecurityContext) -}}
{{- if and (hasKey .Values "readOnlyRootFilesystem") (not .Values.readOnlyRootFilesystem) -}}
{{- $_ := set $context "readOnlyRootFilesystem" false -}}
{{- end -}}
{{- toYaml $context -}}
{{- end }}

{{/* The account exists so that no pod runs under "default"; nothing here talks to the API server, so no token is mounted. */}}
{{- define "authdb.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- include "authdb.strings" . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{/* Where every pod of a chart may run and what may pull its image: the workload's, and those of Jobs and tests. */}}
{{- define "authdb.placement" -}}
{{- $global := include "authdb.global" . | fromYaml -}}
{{- with concat (default list .Values.imagePullSecrets) (default list $global.imagePullSecrets) | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- include "authdb.strings" . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The same for the workload, and how its pods lie to one another. */}}
{{- define "authdb.scheduling" -}}
{{- include "authdb.placement" . }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- /* Zones are never a condition: a cluster may have one, or lose one, and its pods must still find a place. */}}
  {{- range $key, $whenUnsatisfiable := dict "topology.kubernetes.io/zone" "ScheduleAnyway" "kubernetes.io/hostname" .Values.topologySpread.whenUnsatisfiable }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "authdb.selectorLabels" $ | nindent 8 }}
    {{- with $.Values.topologySpread.matchLabelKeys }}
    matchLabelKeys: {{ toJson . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
