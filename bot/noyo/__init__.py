"""The adapter to Noyo's Fulfillment API: HTTP, tokens, JSON and errors; and the endpoint for Noyo's webhooks."""
