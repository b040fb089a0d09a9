-- In which epoch an order was given that shuts the door: it vouches for nobody who came later.
ALTER TABLE owner_order ADD COLUMN epoch INTEGER;
