/**
 * The pods that KEDA and the HPA ask for with an AverageValue trigger (Kubernetes, "Algorithm details"):
 * the metric's value divided by the target of one pod, rounded up, unless the quotient is within the tolerance.
 *
 * @param value what the query returns
 * @param threshold the value wanted per pod
 * @param current pods now
 */
export function podsWanted(value: number, threshold: number, current: number, tolerance = 0.1): number {
  const ratio = value / (threshold * current)
  if (Math.abs(ratio - 1) <= tolerance) return current
  return Math.ceil(value / threshold)
}
