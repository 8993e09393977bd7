/** The JSON Schema of lab files, for editors: the Lab and the manifests that may follow it. */
import * as z from "zod";
import { labDocument } from "./schema.ts";

/** JSON Schema (draft 7, which editors know) of the Lab document; `npm run docs` writes it to labs/schema.json. */
export function labJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(labDocument, { io: "input", target: "draft-7", reused: "inline" });
  return {
    $schema,
    $id: "urn:k8snet-lab:schema:v1",
    title: "k8snet-lab lab file",
    description: "The first document of a lab file. Further documents are Kubernetes manifests.",
    ...schema,
  };
}
