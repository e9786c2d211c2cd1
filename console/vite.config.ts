import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

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

/** Puts a compressed file beside each that is worth it, so that the server has nothing to compress. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle: ({ dir }, files) => {
    for (const [name, file] of Object.entries(files)) {
      const content = file.type === "chunk" ? file.code : file.source;
      if (/\.(js|css)$/.test(name) && content.length > 1000) writeFileSync(join(dir ?? "", `${name}.gz`), gzipSync(content, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [withoutFonts, react(), compressed],
  base: "/console/",
  // The tokens of the components that are installed: those of the package apart name its own last build's variables, which no theme sets.
  resolve: { alias: { "@cloudscape-design/design-tokens": fileURLToPath(new URL("node_modules/@cloudscape-design/components/internal/generated/styles/tokens.js", import.meta.url)) } },
  build: { outDir: "../src/meridian/console_dist", emptyOutDir: true, manifest: true, chunkSizeWarningLimit: 1500 },
  server: { proxy: { "/console/api": server, "/meridian": server } },
});
