// BrowserCallComponent.jsx
export default function BrowserCallComponent() {
  return null;
}
