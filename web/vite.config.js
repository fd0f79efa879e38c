import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Replaces each built asset by its gzip form: the binary that embeds them stays small, and the server need not compress. */
function gzipAssets() {
  return {
    name: 'gzip-assets',
    apply: 'build',
    closeBundle() {
      const folder = join(import.meta.dirname, 'dist', 'assets');
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (!statSync(path).isFile() || name.endsWith('.gz')) continue;
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        rmSync(path);
      }
    },
  };
}

// `npm run dev` serves the sources with the API of a server that runs beside it.
const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [gzipAssets()],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Nothing small is put into the script as data:, where the content security policy would have to allow it.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000, // KiB; Monaco is large, and comes from the same machine or network
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries mark parts for React's server components, which are not used here: a hundred warnings.
      onLog: (level, log, print) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && print(level, log),
    },
  },
  server: { proxy: { '/graphql': { target: server, ws: true }, '/schema.graphql': server } },
});
