// Rates over the last minutes as lines, drawn by uPlot in the colours of the theme.
import "uplot/dist/uPlot.min.css";
import "./chart.css";

import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import {
  colorBorderDividerDefault,
  colorChartsPaletteCategorical1,
  colorChartsPaletteCategorical2,
  colorChartsPaletteCategorical3,
  colorChartsPaletteCategorical4,
  colorChartsPaletteCategorical5,
  colorChartsPaletteCategorical6,
  colorTextBodySecondary,
} from "@cloudscape-design/design-tokens";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";

import { perSecond, type Rates } from "./overview";

const PALETTE = [colorChartsPaletteCategorical1, colorChartsPaletteCategorical2, colorChartsPaletteCategorical3, colorChartsPaletteCategorical4, colorChartsPaletteCategorical5, colorChartsPaletteCategorical6];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [4, 6]]; // told apart without colour
const HEIGHT = 200;
const WINDOW = 300; // seconds
const STEPS = [60, 120, 300]; // seconds between two marks

const clock = (at: number): string => new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** The last minutes; up to now while nothing is known. */
function untilLatest(latest: number | null): [number, number] {
  const end = latest ?? Date.now() / 1000;
  return [end - WINDOW, end];
}

export function RateChart({ title, rates, none }: { title: string; rates: Rates; none: string }) {
  const idle = rates.series.length === 0;
  return (
    <Container fitHeight header={<Header variant="h2" description="A second, since this page was opened: five minutes at most.">{title}</Header>}>
      {idle ? (
        <Box color="text-body-secondary">{none}</Box>
      ) : (
        <>
          <Lines rates={rates} label={`${title} a second: ${rates.series.map(({ label, rates: values }) => `${label} ${perSecond(latest(values))}`).join(", ")}`} />
          <ul className="legend">
            {rates.series.map(({ label, rates: values }, at) => (
              <li key={label}>
                <svg width="22" height="8" aria-hidden="true">
                  <line x1="0" y1="4" x2="22" y2="4" strokeWidth="2" style={{ stroke: PALETTE[at] }} strokeDasharray={DASHES[at]?.join(" ")} />
                </svg>
                <span>{label}</span>
                <span className="number">{perSecond(latest(values))}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Container>
  );
}

const latest = (values: readonly (number | null)[]): number => values.findLast((value) => value !== null) ?? 0;

function Lines({ rates, label }: { rates: Rates; label: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = useThemeMark();
  const names = rates.series.map((each) => each.label).join("\n");
  const data: uPlot.AlignedData = [[...rates.times], ...rates.series.map(({ rates: values }) => [...values])];
  const current = useRef(data);
  current.current = data;
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const color = (token: string) => resolved(element, token);
    const axis = { stroke: color(colorTextBodySecondary), grid: { stroke: color(colorBorderDividerDefault), width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(element).fontFamily}` };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { range: (_, __, latest) => untilLatest(latest) }, y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
        axes: [{ ...axis, space: 90, size: 28, incrs: STEPS, values: (_, splits) => splits.map(clock) }, { ...axis, size: 56, values: (_, splits) => splits.map(perSecond) }],
        series: [{}, ...names.split("\n").map((name, at) => ({ label: name, stroke: color(PALETTE[at] ?? colorTextBodySecondary), width: 2, dash: DASHES[at] ?? [], points: { show: false } }))],
      },
      current.current,
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names, theme]);
  useEffect(() => plot.current?.setData(data));
  return <div ref={frame} role="img" aria-label={label} style={{ minBlockSize: HEIGHT }} />;
}

/** The colour that a design token stands for here: canvases know no custom properties. */
function resolved(element: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = token;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Another value whenever the theme changes. */
function useThemeMark(): string {
  const read = () => document.documentElement.dataset["theme"] ?? "";
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const watch = new MutationObserver(() => setTheme(read));
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => watch.disconnect();
  }, []);
  return theme;
}
