/** The first document of a YAML text, as far as it can be read. Loaded when it is needed: the yaml package takes its time. */
import { parseAllDocuments } from "yaml";

/** Undefined when there is none that can be read. */
export function firstDocument(text: string): unknown {
  try {
    const documents = parseAllDocuments(text, { logLevel: "silent" });
    return (documents as readonly { toJS(options: { maxAliasCount: number }): unknown }[])[0]?.toJS({
      maxAliasCount: 100,
    });
  } catch {
    return undefined;
  }
}
