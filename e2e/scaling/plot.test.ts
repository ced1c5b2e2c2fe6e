import t from 'tap'
import { axisOf, type Chart, drawChart, niceStep } from './plot.ts'

const chart: Chart = {
  title: 'Rates & <limits>',
  xTitle: 'seconds',
  xMax: 100,
  marks: [{ x: 50, label: 'ramp' }],
  panels: [
    {
      title: 'rate',
      lines: [
        {
          label: 'offered',
          colour: '#111111',
          points: [
            [0, 0],
            [100, 400],
          ],
        },
        {
          label: 'answered',
          colour: '#222222',
          shape: 'step',
          dashed: true,
          points: [
            [0, 100],
            [50, undefined],
            [60, 200],
            [100, 200],
          ],
        },
      ],
    },
    {
      title: 'errors',
      atLeast: 4,
      lines: [
        {
          label: 'failed',
          colour: '#333333',
          shape: 'bars',
          points: [
            [10, 2],
            [20, 0],
          ],
        },
      ],
    },
  ],
}

/** The `d` of the line of a colour, without the key in the legend. */
function pathOf(svg: string, colour: string): string {
  const paths = [...svg.matchAll(/<path d="([^"]*)" stroke="(#\d+)"/g)].filter(
    ([, , stroke]) => stroke === colour,
  )
  return paths.at(-1)?.[1] ?? ''
}

t.test('steps are 1, 2 or 5 times a power of ten', (t) => {
  t.same(
    [1, 4, 7, 30, 400, 401].map((top) => niceStep(top, 4)),
    [0.5, 1, 2, 10, 100, 200],
  )
  t.end()
})

t.test('an axis reaches the highest value, and at least as far as asked', (t) => {
  const line = (top: number) => ({ label: '', colour: '', points: [[0, top]] as [number, number][] })
  t.same(axisOf({ title: '', lines: [line(350)] }).ticks, [0, 100, 200, 300, 400])
  t.same(axisOf({ title: '', lines: [line(0)], atLeast: 4 }).ticks, [0, 1, 2, 3, 4])
  t.same(axisOf({ title: '', scale: 'log', lines: [line(250)] }).ticks, [1, 10, 100, 1000])
  const { place } = axisOf({ title: '', scale: 'log', lines: [line(250)] })
  t.same([place(0), place(1), place(1000)], [0, 0, 1])
  t.end()
})

t.test('a line goes from its first point to its last, in the panel’s coordinates', (t) => {
  t.equal(pathOf(drawChart(chart), '#111111'), 'M64 248L936 98')
  t.end()
})

t.test('a step holds its value, and a missing value interrupts the line', (t) => {
  t.match(pathOf(drawChart(chart), '#222222'), /^M64 [\d.]+M587\.2 [\d.]+L936 ([\d.]+)L936 \1$/)
  t.end()
})

t.test('bars stand where there is something to show', (t) => {
  t.match(pathOf(drawChart(chart), '#333333'), /^M151\.2 [\d.]+V[\d.]+$/)
  t.end()
})

t.test('axes, legends and marks are labelled, and text is escaped', (t) => {
  const svg = drawChart(chart)
  for (const label of ['rate', 'errors', 'offered', 'answered', 'failed', 'ramp', 'seconds', '400', '100'])
    t.ok(svg.includes(`>${label}</text>`), label)
  t.ok(svg.includes('Rates &amp; &lt;limits&gt;'))
  t.notMatch(svg, /NaN|undefined|Infinity/)
  t.end()
})

t.test('a chart without a single value can be drawn', (t) => {
  const svg = drawChart({ title: '', xTitle: '', xMax: 1, panels: [{ title: 'x', lines: [] }] })
  t.notMatch(svg, /NaN|undefined|Infinity/)
  t.end()
})
