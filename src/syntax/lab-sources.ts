/** The texts that a lab is loaded from. */

export interface SourceText {
  /** As shown to the user. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** A network in place of the lab file's, as the command line says it: `--cni`, `--kube-proxy`. */
export interface OtherNetwork {
  /** A plugin with settings: `flannel:backend=host-gw`. */
  readonly cni?: string | undefined;
  readonly kubeProxy?: string | undefined;
  /** Behind the lab's name, for a copy of it. */
  readonly nameSuffix?: string | undefined;
}

/** The texts of a lab: of its file, and for each entry of spec.manifests those of its files. */
export interface LabSources {
  readonly file: string;
  readonly text: string;
  readonly manifests: readonly (readonly SourceText[])[];
  /** Programs of images' commands that the machine did not have when the lab was built. */
  readonly lacking?: readonly string[] | undefined;
  readonly noCommands?: true | undefined;
  readonly network?: OtherNetwork | undefined;
}
