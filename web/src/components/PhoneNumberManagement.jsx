// PhoneNumberManagement.jsx
export default function PhoneNumberManagement() {
  return null;
}
