// Light or dark: what the reader chose, else what their system says.
import { applyDensity, applyMode, Density, Mode } from "@cloudscape-design/global-styles";

export type Theme = "light" | "dark";

const KEY = "meridian.theme";

export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") return stored;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyTheme(theme: Theme): void {
  applyMode(theme === "dark" ? Mode.Dark : Mode.Light);
  applyDensity(Density.Comfortable);
  document.documentElement.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}
