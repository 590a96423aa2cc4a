// Alerts.jsx: shows open alerts, if any. The list itself isn't part of the first load.
import { lazy, Suspense } from "react";
import { useResource } from "../../resource.js";

const AlertList = lazy(() => import("./AlertList.jsx").then((module) => ({ default: module.AlertList })));

export function Alerts() {
  const { data } = useResource("/api/twilio/alerts");
  return data?.alerts.length > 0 && <Suspense fallback={null}><AlertList data={data} /></Suspense>;
}
