interface SliderProps {
  label: string
  max: number
  value: number
  onChange: (value: number) => void
}

/** A whole number from 0, with its name before and its value behind it. */
export function Slider({ label, max, value, onChange }: SliderProps) {
  return (
    <label class="slider">
      <span>{label}</span>
      <input
        type="range"
        min={0}
        max={max}
        value={value}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
      <output>{value}</output>
    </label>
  )
}
