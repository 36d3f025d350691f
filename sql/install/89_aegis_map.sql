-- qfs_api: a consequence map with what is advised on it.  The map is the ledger's; beside it stands what is no part of it.

CREATE FUNCTION qfs_api.consequence_map(proposal bigint DEFAULT NULL, changes jsonb DEFAULT NULL, "window" bigint DEFAULT 10000) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  map jsonb := qfs.map_of(proposal, changes, "window");
  subject text := coalesce('proposal:' || proposal, 'changes:' || qfs.sha3_256(convert_to(qfs.canonical(changes), 'UTF8'))::text);
  said jsonb;
BEGIN
  -- Whatever is wrong with advice, closed or taken away: the map is there, and there is none.
  BEGIN
    said := qfs_api.advice(subject);
  EXCEPTION WHEN OTHERS THEN
    said := NULL;
  END;
  RETURN map || jsonb_build_object('subject', subject, 'advice', said -> 'advice', 'offline', coalesce(said -> 'offline', 'true'));
END $$;
COMMENT ON FUNCTION qfs_api.consequence_map(bigint, jsonb, bigint) IS
  'What a proposal, or changes of the policy as set_policy takes them, reaches in the rules: {nodes, edges, graph_hash} with how many of the last entries (window) differ through each edge, the what_if behind it; who may change these keys, on which track, for how long, what undoes it and which open proposals change the same. Of a proposal whose simulation says size and window, of those entries, and reproduced says whether its run is the one. A simulation; advice on it (subject), if there is some, is no part of it.';

GRANT EXECUTE ON FUNCTION qfs_api.consequence_map(bigint, jsonb, bigint)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor, aegis_readonly, aegis_advisor;
