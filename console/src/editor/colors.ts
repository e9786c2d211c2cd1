// The colours of drawings: Cloudscape's, which follow light and dark.
import * as tokens from "@cloudscape-design/design-tokens";
import type { CSSProperties } from "react";

/** The editor's style sheet names these. */
export const VARIABLES = {
  "--canvas": tokens.colorBackgroundLayoutMain,
  "--dots": tokens.colorBorderDividerDefault,
  "--box": tokens.colorBackgroundContainerContent,
  "--shade": tokens.colorBackgroundCellShaded,
  "--line": tokens.colorBorderDividerDefault,
  "--edge": tokens.colorBorderControlDefault,
  "--text": tokens.colorTextBodyDefault,
  "--heading": tokens.colorTextHeadingDefault,
  "--faint": tokens.colorTextBodySecondary,
  "--accent": tokens.colorBackgroundControlChecked,
  "--chosen": tokens.colorBackgroundToggleButtonNormalPressed,
  "--error": tokens.colorTextStatusError,
  "--warning": tokens.colorTextStatusWarning,
  "--success": tokens.colorTextStatusSuccess,
  "--font": tokens.fontFamilyBase,
} as CSSProperties;

const ARMS: readonly string[] = [
  tokens.colorChartsPaletteCategorical1,
  tokens.colorChartsPaletteCategorical2,
  tokens.colorChartsPaletteCategorical3,
  tokens.colorChartsPaletteCategorical4,
  tokens.colorChartsPaletteCategorical5,
  tokens.colorChartsPaletteCategorical6,
  tokens.colorChartsPaletteCategorical7,
  tokens.colorChartsPaletteCategorical8,
  tokens.colorChartsPaletteCategorical9,
  tokens.colorChartsPaletteCategorical10,
  tokens.colorChartsPaletteCategorical11,
  tokens.colorChartsPaletteCategorical12,
];

/** The colour of an arm, by its number from 0 on, on the canvas and on the map. */
export const armColor = (arm: number): string => ARMS[arm % ARMS.length] ?? "currentColor";
