/** Builds the image `product` of scripts/Dockerfile with the docker command: container-image.ts [TAG] */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { LOCAL_BASE } from "../src/engine/image.ts";
import { imageContent, stageContent } from "../src/engine/image-content.ts";

const root = join(import.meta.dirname, "..");
const [tag = "k8snet-lab"] = process.argv.slice(2);
const isThere = await execa("docker", ["image", "inspect", LOCAL_BASE], { reject: false });
const base = process.env["K8SNET_LAB_BASE"] ?? (isThere.failed ? "node:24-bookworm-slim" : LOCAL_BASE);
const content = await imageContent(base);
const staged = stageContent(content);
try {
  const product = join(staged.folder, "product");
  mkdirSync(product);
  // koffi is already in place, beside the agent.
  for (const name of ["dist", "labs", "package.json", "README.md", "CHANGELOG.md", "LICENSE"])
    cpSync(join(root, name), join(product, name), {
      recursive: true,
      filter: (path) => !/dist\/\.(?:cache|stamp)/u.test(path),
    });
  const args = ["build", "--target", "product", "--tag", tag, "--build-arg", `BASE=${base}`];
  const { exitCode } = await execa("docker", [...args, "--build-arg", `KOFFI=${content.koffi}`, staged.folder], {
    stdio: "inherit",
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
} finally {
  staged.remove();
}
if (process.exitCode === 0) console.log(`try it: docker run --rm -it --privileged ${tag} up labs/overlay.yaml`);
