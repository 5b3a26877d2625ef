/**
 * What is built in, answers from its arguments alone (or from the clock and who is asking), and changes
 * nothing. Left out on purpose: whatever draws numbers, sleeps, locks, notifies, reads files or settings, or
 * runs SQL it is given as a text.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs age array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position
   array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii
   avg bit_length bool_and bool_or btrim cardinality ceil ceiling char_length character_length chr concat concat_ws corr count cume_dist date date_bin date_part date_trunc decode degrees dense_rank div
   encode every exp extract first_value floor format greatest initcap isfinite json_agg json_array_length
   json_build_array json_build_object json_extract_path json_extract_path_text json_object_agg json_typeof
   jsonb_agg jsonb_array_length jsonb_build_array jsonb_build_object jsonb_extract_path
   jsonb_extract_path_text jsonb_object_agg jsonb_set jsonb_strip_nulls jsonb_typeof justify_days
   justify_hours justify_interval lag last_value lead least left length like_escape ln log log10 lower
   lower_inc lower_inf lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5
   min mod normalize now nth_value ntile num_nonnulls num_nulls octet_length overlay percent_rank
   percentile_cont percentile_disc pi position power quote_ident quote_literal quote_nullable radians rank
   regexp_count regexp_like regexp_match regexp_replace regexp_substr repeat replace reverse right round
   row_number row_to_json rpad rtrim scale sha224 sha256 sha384 sha512 sign similar_to_escape split_part sqrt starts_with
   statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array strpos substr substring sum
   timezone to_char to_date to_hex to_json to_jsonb to_number to_timestamp transaction_timestamp translate
   trim trim_array trim_scale trunc unnest upper upper_inc upper_inf var_pop var_samp variance width_bucket`
    .trim()
    .split(/\s+/),
);

export const OPERATORS: ReadonlySet<string> = new Set(
  `= <> != < > <= >= + - * / % ^ || ~~ !~~ ~~* !~~* ~ ~* !~ !~* @> <@ && -> ->> #> #>> ? ?| ?& & | # << >> BETWEEN`
    .trim()
    .split(/\s+/)
    .concat('NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'),
);

/** Types whose values are read by the server's own code. */
export const TYPES: ReadonlySet<string> = new Set(
  `bit bool bpchar bytea char cidr date daterange float4 float8 inet int2 int4 int4range int8 int8range
   interval json jsonb macaddr money name numeric numrange oid point text time timestamp timestamptz timetz
   tsrange tstzrange uuid varbit varchar`
    .trim()
    .split(/\s+/),
);

/** Nodes of an expression or a query that mean what they say. */
export const NODES: ReadonlySet<string> = new Set(
  `A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star BoolExpr BooleanTest CaseExpr
   CaseWhen CoalesceExpr CollateClause ColumnRef CommonTableExpr Float FuncCall GroupingFunc GroupingSet
   IndexElem Integer JoinExpr List LockingClause MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr
   NullTest ParamRef RangeFunction RangeSubselect RangeVar ResTarget RowExpr SQLValueFunction SetToDefault
   SortBy String SubLink TypeCast WindowDef`
    .trim()
    .split(/\s+/),
);

/** Parts of a node that are no nodes of their own, by the member they are in. */
export const PARTS: ReadonlySet<string> = new Set(
  `alias bsval boolval fval infer ival larg onConflictClause over rarg relation returningClause sval typeName
   withClause`
    .trim()
    .split(/\s+/),
);
