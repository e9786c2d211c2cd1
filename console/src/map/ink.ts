// Design tokens as colours that a canvas takes; they change with the theme.
import * as tokens from "@cloudscape-design/design-tokens";
import { type CSSProperties, type RefObject, useEffect, useState } from "react";

import type { Ink } from "./drawing";

const INK: Readonly<Record<keyof Ink, string>> = {
  sea: tokens.colorBackgroundCellShaded,
  land: tokens.colorBackgroundContainerContent,
  line: tokens.colorBorderControlDefault,
  text: tokens.colorTextHeadingDefault,
  error: tokens.colorTextStatusError,
  box: tokens.colorBackgroundContainerContent,
};

/** What map.css takes its colours from. */
export const MAP_COLORS = {
  "--map-accent": tokens.colorBackgroundControlChecked,
  "--map-box": tokens.colorBackgroundContainerContent,
  "--map-chosen": tokens.colorBackgroundToggleButtonNormalPressed,
  "--map-faint": tokens.colorTextBodySecondary,
  "--map-error": tokens.colorTextStatusError,
} as CSSProperties;

/** The colour that a token stands for at an element. */
export function resolved(element: HTMLElement, token: string): string {
  const before = element.style.color;
  element.style.color = token;
  const found = getComputedStyle(element).color;
  element.style.color = before;
  return found;
}

export function inkOf(element: HTMLElement): Ink {
  const entries = Object.entries(INK).map(([name, token]) => [name, resolved(element, token)]);
  return Object.fromEntries(entries) as unknown as Ink;
}

/** Changes when the theme does. */
export function useTheme(): string {
  const [theme, setTheme] = useState(() => document.documentElement.dataset["theme"] ?? "");
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset["theme"] ?? ""));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

/** The size of an element, in pixels of the page. */
export function useSize(ref: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}
