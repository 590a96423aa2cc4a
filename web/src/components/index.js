// index.js: the three components, for the console and for other React
// applications (docs/components.md).
export { CallForwardingComponent } from "./CallForwardingComponent.jsx";
export { HookswitchProvider } from "./HookswitchProvider.jsx";
export { PhoneNumberManagement } from "./PhoneNumberManagement.jsx";
