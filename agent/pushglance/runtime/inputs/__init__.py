"""Inputs turn pins and topics into facts and put them into the queue; they decide nothing and share nothing."""
