import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// `npm run dev` serves the console from its sources and asks a server that runs beside it.
const server = process.env["MERIDIAN_API"] ?? "http://127.0.0.1:5380";

/** Leaves out the fonts that the base styles carry inside: a third of the first load. Systems' own fonts follow in the list. */
const withoutFonts: Plugin = {
  name: "without-fonts",
  enforce: "pre",
  transform: (code, id) => (id.endsWith("global-styles/index.css") ? code.replace(/@font-face\s*\{[^}]*\}/g, "") : undefined),
};

export default defineConfig({
  plugins: [withoutFonts, react()],
  base: "/console/",
  // The tokens of the components that are installed: those of the package apart name its own last build's variables, which no theme sets.
  resolve: { alias: { "@cloudscape-design/design-tokens": fileURLToPath(new URL("node_modules/@cloudscape-design/components/internal/generated/styles/tokens.js", import.meta.url)) } },
  build: { outDir: "../src/meridian/console_dist", emptyOutDir: true, chunkSizeWarningLimit: 1500 },
  server: { proxy: { "/console/api": server, "/meridian": server } },
});
