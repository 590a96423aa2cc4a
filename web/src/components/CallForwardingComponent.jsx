// CallForwardingComponent.jsx
export default function CallForwardingComponent() {
  return null;
}
