"""Inputs turn pins and topics into facts and put them into the mailbox; they decide nothing and share nothing."""
