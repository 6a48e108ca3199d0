"""Several hubs with one budget: leases decide which hub pushes to a watch, claims record what was pushed.

Both are in a store that all hubs share. Rules of this package:
1. The store decides. A push leaves only right after the store has recorded it for the hub that holds the lease of its
   watch. Both are checked in one script there, by the store's clock. Without an answer nothing is pushed.
2. The loop never waits for the store: leases come and go as events, claims are made in the courier's thread.
3. It is imported only if `[cluster]` is set.
"""
