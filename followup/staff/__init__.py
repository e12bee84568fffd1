"""The staff's site: what its first page shows, and which pages it takes. The pages are in admin."""
