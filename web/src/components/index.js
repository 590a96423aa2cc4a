// index.js: the three components for other React applications (docs/components.md).
export { BrowserCallComponent } from "./BrowserCallComponent.jsx";
export { CallForwardingComponent } from "./CallForwardingComponent.jsx";
export { HookswitchProvider } from "./HookswitchProvider.jsx";
export { PhoneNumberManagement } from "./PhoneNumberManagement.jsx";
