"""Several hubs, one budget: who pushes to a watch (leases), and what was pushed (claims), in a store that all share.

Rules of this room:
1. The store's word decides. A push leaves only right after the store has booked it for the hub that leads its watch;
   both are looked at in one script there, by the store's clock. No answer, no push.
2. The loop never waits for the store: leases come and go as facts, claims are made in the courier's thread.
3. Imported only where `[cluster]` is set.
"""
