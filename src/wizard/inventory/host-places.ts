/** Where hosts stand in an inventory: in `all`, in groups of it, or in groups beside it. */
import { isTree, type Tree, type TreeValue } from './tree.ts';

export interface FoundHost {
  readonly name: string;
  /** Its variables, with those of the groups around it. */
  readonly vars: Tree;
  /** All mappings that name it; the first is the one with its variables. */
  readonly places: readonly (readonly string[])[];
}

interface Place {
  readonly name: string;
  readonly path: readonly string[];
  readonly own: Tree;
  readonly inherited: Tree;
}

/** In the order of the file. */
export function findHosts(inventory: Tree): readonly FoundHost[] {
  const found = Object.entries(inventory).flatMap(([group, value]) => placesIn(value, [group], {}));
  return [...Map.groupBy(found, ({ name }) => name)].map(([name, places]) => {
    const [first] = places;
    const main = places.find(({ own }) => Object.keys(own).length > 0) ?? first;
    const inherited = Object.assign({}, ...places.map((place) => place.inherited));
    const own = Object.assign({}, ...places.map((place) => place.own));
    const paths = places.toSorted((a, b) => Number(b === main) - Number(a === main)).map(({ path }) => path);
    return { name, vars: { ...inherited, ...own }, places: paths };
  });
}

function placesIn(group: TreeValue | undefined, path: readonly string[], above: Tree): readonly Place[] {
  const { vars, hosts, children } = treeOf(group);
  const inherited = { ...above, ...treeOf(vars) };
  return [
    ...Object.entries(treeOf(hosts)).map(([name, own]) => {
      return { name, path: [...path, 'hosts', name], own: treeOf(own), inherited };
    }),
    ...Object.entries(treeOf(children)).flatMap(([name, child]) => {
      return placesIn(child, [...path, 'children', name], inherited);
    }),
  ];
}

function treeOf(value: TreeValue | undefined): Tree {
  return isTree(value) ? value : {};
}
