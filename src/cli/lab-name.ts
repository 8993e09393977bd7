/** The name of a lab out of its file's text. Loaded when it is needed: it brings the YAML parser with it. */
import { parseAllDocuments } from "yaml";

/** `metadata.name` of the first document, as far as that can be read. */
export function readLabName(source: string): unknown {
  let first: unknown;
  try {
    const documents = parseAllDocuments(source, { logLevel: "silent" });
    first = (documents as readonly { toJS(options: { maxAliasCount: number }): unknown }[])[0]?.toJS({
      maxAliasCount: 100,
    });
  } catch {
    return undefined;
  }
  const metadata = (first as { metadata?: unknown } | null | undefined)?.metadata;
  return (metadata as { name?: unknown } | null | undefined)?.name;
}
