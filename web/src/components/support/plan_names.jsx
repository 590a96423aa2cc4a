// plan_names.jsx: puts the names a page knows into plans' words.
import { createContext, useContext } from "react";
import { planWords } from "./words.js";

const Names = createContext({});

/** `names`: of phones and users (user:42), for the plans inside. */
export const PlanNames = Names.Provider;

/** Those that the PlanNames around know, to hand them on. */
export const usePlanNames = () => useContext(Names);

/** planWords with the names of the PlanNames around. */
export function usePlanWords() {
  const names = useContext(Names);
  return (words) => planWords(words, names);
}
