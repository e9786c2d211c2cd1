// The world on a canvas: drag to move, wheel to zoom, click to ask; arrow keys move a crosshair, enter asks.
import "./map.css";

import Button from "@cloudscape-design/components/button";
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";

import type { Country } from "./atlas";
import { draw, type Fill, picture, type Pin } from "./drawing";
import { inkOf, resolved, useSize, useTheme } from "./ink";
import { shapes } from "./shapes";
import type { Place } from "./sphere";
import type { Raster } from "./territories";
import { pixelOf, placeAt, panned, showing, type View, whole, within, zoomed } from "./view";

/** What the world is painted with. Colours are design tokens. */
export type Painted = { raster: Raster; colors: readonly string[] } | { fillOf: (code: string) => Fill | undefined };

interface Props {
  /** For screen readers: what the map shows. */
  label: string;
  /** And what a click or enter does; by default it asks who gets the point. */
  does?: string;
  countries: readonly Country[];
  painted: Painted;
  pins: readonly Pin[];
  asked: Place | undefined;
  onAsk: (place: Place) => void;
}

const STEP = 1; // degrees that an arrow key moves the crosshair by
const LEAP = 10; // and with shift
const CLICK = 4; // pixels that a pointer may slip in a click

export function WorldMap({ label, does = "asks who gets that point", countries, painted, pins, asked, onAsk }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(frame);
  const theme = useTheme();
  const [looked, setView] = useState<View>();
  const [crosshair, setCrosshair] = useState<Place>();
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const view = useMemo(() => (looked === undefined ? whole(size) : within(looked, size)), [looked, size]);
  const known = useMemo(() => shapes(countries), [countries]);

  const layer = useMemo(() => {
    const element = canvas.current;
    if (element === null || !("raster" in painted)) return undefined;
    return picture(painted.raster, painted.colors.map((token) => resolved(element, token)));
    // The canvas is there once it has a size; its colours follow the theme.
  }, [painted, theme, size.width > 0]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || size.width === 0) return;
    const ratio = window.devicePixelRatio;
    [element.width, element.height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const paint = "raster" in painted ? { kind: "territories" as const, layer: layer ?? document.createElement("canvas") } : { kind: "countries" as const, fillOf: inkOfFill(element, painted.fillOf) };
    if (paint.kind === "territories" && layer === undefined) return;
    const inked = pins.map((pin) => ({ ...pin, color: resolved(element, pin.color) }));
    draw(context, { view, size, shapes: known, paint, pins: inked, crosshair: crosshair ?? asked, ink: inkOf(element) });
  }, [view, size, known, painted, layer, pins, crosshair, asked, theme]);

  useEffect(() => {
    const element = canvas.current;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      setView((before) => zoomed(before ?? whole(size), size, Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY));
    };
    element?.addEventListener("wheel", turn, { passive: false });
    return () => element?.removeEventListener("wheel", turn);
  }, [size]);

  const zoom = (by: number) => {
    const { x, y } = crosshair === undefined ? { x: size.width / 2, y: size.height / 2 } : pixelOf(view, crosshair);
    setView(zoomed(view, size, by, x, y));
  };
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const by = event.shiftKey ? LEAP : STEP;
      const from = crosshair ?? asked ?? placeAt(view, size.width / 2, size.height / 2) ?? { latitude: 0, longitude: 0 };
      const to = moved(from, arrow[0] * by, arrow[1] * by);
      setCrosshair(to);
      setView(showing(view, size, to));
    } else if (event.key === "Enter" && crosshair !== undefined) onAsk(crosshair);
    else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") setView(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const dragged = (event: PointerEvent) => {
    const from = drag.current;
    if (from === null) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(x, y) < CLICK) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    setView(panned(view, size, x, y));
  };
  const released = (event: PointerEvent) => {
    const clicked = drag.current?.moved === false;
    drag.current = null;
    const box = canvas.current?.getBoundingClientRect();
    const place = clicked && box !== undefined ? placeAt(view, event.clientX - box.left, event.clientY - box.top) : undefined;
    if (place === undefined) return;
    setCrosshair(undefined);
    onAsk(place);
  };
  return (
    <div ref={frame} className="world-map">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label={`${label}. Arrow keys move a crosshair, with shift by ten degrees; enter ${does}; plus and minus zoom; 0 shows the whole world.`}
        onKeyDown={press}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, y: event.clientY, moved: false };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={dragged}
        onPointerUp={released}
        onPointerCancel={() => (drag.current = null)}
      />
      <div className="zoom">
        <Button iconName="zoom-in" variant="icon" ariaLabel="Zoom in" onClick={() => zoom(1.5)} />
        <Button iconName="zoom-out" variant="icon" ariaLabel="Zoom out" onClick={() => zoom(1 / 1.5)} />
        <Button iconName="zoom-to-fit" variant="icon" ariaLabel="Show the whole world" onClick={() => setView(undefined)} />
      </div>
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** By so many degrees north and east; over the date line, and no further than the poles. */
function moved({ latitude, longitude }: Place, north: number, east: number): Place {
  return { latitude: Math.max(-90, Math.min(90, latitude + north)), longitude: ((longitude + east + 540) % 360) - 180 };
}

function inkOfFill(element: HTMLElement, fillOf: (code: string) => Fill | undefined): (code: string) => Fill | undefined {
  const inks = new Map<string, string>();
  return (code) => {
    const fill = fillOf(code);
    if (fill === undefined || fill === "hatched") return fill;
    const ink = inks.get(fill.color) ?? resolved(element, fill.color);
    inks.set(fill.color, ink);
    return { ...fill, color: ink };
  };
}
