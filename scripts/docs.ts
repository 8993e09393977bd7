/** `npm run docs`: writes labs/schema.json and what is generated in the pages of labs/docs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./docs/generated-files.ts";

const root = join(import.meta.dirname, "..");
const current = (file: string): string => {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return "";
  }
};

for (const [file, text] of await generatedFiles(current)) {
  if (current(file) === text) continue;
  writeFileSync(join(root, file), text);
  console.log(`wrote ${file}`);
}
