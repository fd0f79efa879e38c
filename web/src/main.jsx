import { createRoot } from 'react-dom/client';
import './workers.js';
import 'graphiql/style.css';
import './style.css';
import { check } from './access.js';
import { Console } from './Console.jsx';

check();
createRoot(document.getElementById('root')).render(<Console />);
