// plan_names.jsx: what a plan says of phones and users whose names a page knows.
import { createContext, useContext } from "react";
import { planWords } from "./words.js";

const Names = createContext({});

/** `names`: of phones and users (user:42), for the plans inside. */
export const PlanNames = Names.Provider;

/** planWords with these names. */
export function usePlanWords() {
  const names = useContext(Names);
  return (words) => planWords(words, names);
}
